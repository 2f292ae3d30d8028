// A webhook handler with one defect, or none: `node handler.js DEFECT`.
// Prints its port. `GET /effects` tells how many deliveries took effect.
const crypto = require('crypto');
const http = require('http');

const defect = process.argv[2];
const secret = process.env.WEBHOOK_SECRET;
// Deliveries of Stripe carry a timestamp, those of GitHub do not.
const signer = defect === 'ageless' || defect === 'right-stripe' ? 'stripe' : 'github';
const seen = new Set();
let effects = 0;

const hmac = (text, algorithm = 'sha256') =>
  crypto.createHmac(algorithm, secret).update(text).digest('hex');

function same(a, b) {
  if (defect === 'prefix') return a.length > 0 && b.startsWith(a);
  if (defect === 'slow') {
    // Byte by byte, as slow as a comparison in an interpreter over a network seems.
    if (a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) {
      if (a[at] !== b[at]) return false;
      const until = process.hrtime.bigint() + 500000n;
      while (process.hrtime.bigint() < until);
    }
    return true;
  }
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  if (defect !== 'throws' && one.length !== other.length) return false;
  return crypto.timingSafeEqual(one, other);
}

function verified(headers, body) {
  if (signer === 'stripe') {
    const parts = (headers['stripe-signature'] || '').split(',').map((part) => part.split('='));
    const times = parts.filter(([key]) => key === 't').map(([, value]) => value);
    if (times.length !== 1) return false;
    const time = times[0];
    if (defect !== 'ageless' && !(Math.abs(Date.now() / 1000 - Number(time)) <= 300)) return false;
    const expected = hmac(Buffer.concat([Buffer.from(`${time}.`), body]));
    return parts.some(([key, value]) => key === 'v1' && same(value || '', expected));
  }
  const signature = headers['x-hub-signature-256'];
  if (signature === undefined) return defect === 'unchecked';
  let signed = body;
  if (defect === 'reserialises') signed = JSON.stringify(JSON.parse(body));
  const algorithm = defect === 'sha1' && signature.startsWith('sha1=') ? 'sha1' : 'sha256';
  return same(signature, `${algorithm}=${hmac(signed, algorithm)}`);
}

function handled(request, body, answer) {
  if (request.method === 'GET' && request.url === '/effects') return answer(200, `${effects}\n`);
  if (request.method !== 'POST' && defect !== 'any-method') return answer(405);
  let ok;
  try {
    ok = verified(request.headers, body);
  } catch (error) {
    return answer(error instanceof SyntaxError ? 400 : 500);
  }
  if (!ok) return answer(401);
  let event;
  try {
    event = JSON.parse(body);
  } catch {
    return answer(defect === 'broken-json' ? 500 : 400);
  }
  if (event === null || typeof event !== 'object') return answer(400);
  const id = request.headers['x-github-delivery'] || event.id;
  if (defect === 'not-idempotent' || !seen.has(id)) {
    seen.add(id);
    effects += 1;
  }
  answer(200, 'ok');
}

const server = http.createServer((request, response) => {
  if (defect === 'hangs') return;
  if (defect === 'resets') return request.socket.resetAndDestroy();
  if (defect === 'hangs-unsigned' && !request.headers['x-hub-signature-256']) return;
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    handled(request, Buffer.concat(pieces), (status, text = '') => {
      response.writeHead(status).end(text);
    });
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
