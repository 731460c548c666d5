// Hand a conversation over to Baton, and check what Baton tells later. Node 18 or newer, without packages; copy what you need.
//
//     BATON_TOKEN=… node hand_over.mjs http://localhost:8000 < handover.json

// Send a handover; safe to repeat, because the key makes it one however often it arrives.
export async function handOver(baton, token, key, handover, tries = 5) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": key };
  const request = { method: "POST", headers, body: JSON.stringify(handover) };
  for (let attempt = 1; attempt <= tries; attempt++) {
    let answer = null;
    try {
      answer = await fetch(`${baton}/api/v1/handoffs`, { ...request, signal: AbortSignal.timeout(10_000) });
    } catch {
      // no connection, no answer in time: nobody knows whether it arrived
    }
    if (answer?.ok) return await answer.json();
    if (answer && answer.status < 500 && answer.status !== 429) {
      throw new Error(await answer.text()); // names every wrong field with its remedy
    }
    if (attempt < tries) await new Promise((later) => setTimeout(later, 1000 * 2 ** attempt));
  }
  throw new Error(`${baton} did not take the handover; keep it and send it again with the same key`);
}

// The event of a webhook that Baton signed (https://www.standardwebhooks.com/); throws for any other.
// headers: an object with lower-case names, as Node has them; body: the raw text.
export async function verify(secret, headers, body, toleranceS = 300) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (!/^\d+$/.test(at ?? "") || Math.abs(Date.now() / 1000 - Number(at)) > toleranceS) throw new Error("too old");
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (c) => c.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${at}.${body}`);
  for (const one of (signatures ?? "").split(" ")) {
    if (!one.startsWith("v1,")) continue;
    const told = Uint8Array.from(atob(one.slice(3)), (c) => c.charCodeAt(0));
    if (await crypto.subtle.verify("HMAC", key, told, signed)) return JSON.parse(body); // compares in constant time
  }
  throw new Error("the signature is wrong");
}

if (typeof process !== "undefined" && process.argv[1]?.endsWith("hand_over.mjs")) {
  let text = "";
  for await (const part of process.stdin) text += part;
  const { key = crypto.randomUUID(), ...handover } = JSON.parse(text);
  console.log(JSON.stringify(await handOver(process.argv[2], process.env.BATON_TOKEN, key, handover)));
}
