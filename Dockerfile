# Two stages: dependencies are built once with hashes checked, the image that runs has no compiler and no root.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 baton
COPY --from=build /venv /venv
WORKDIR /baton
COPY app.py commands.py commands_check.py commands_roster.py commands_rules.py commands_shift.py commands_who.py garbage.py running.py sending.py ./
COPY escalation escalation
COPY accounts accounts
COPY signals signals
COPY connectors connectors
COPY trackers trackers
COPY llm llm
COPY mappings mappings
COPY config config
COPY store store
COPY web web
COPY worker worker
COPY sandbox sandbox
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 DATA_DIR=/data LOG_FORMAT=json FLASK_APP=app
RUN mkdir /data && chown baton /data
USER baton
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/healthz')"]
CMD ["flask", "serve"]
