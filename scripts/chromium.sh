#!/bin/sh
# Browser tests need Chromium. As root it is installed from Debian; otherwise those tests are skipped and counted.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests …"
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "Chromium is not here and cannot be installed without root: the browser tests will be skipped."
