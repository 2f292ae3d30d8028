// A receiver as one writes it: reads the raw body, verifies GitHub's signature, answers.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.SECRET;

const server = createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const digest = createHmac('sha256', secret).update(Buffer.concat(pieces)).digest('hex');
    const expected = Buffer.from(`sha256=${digest}`);
    const received = Buffer.from(request.headers['x-hub-signature-256'] ?? '');
    const valid = expected.length === received.length && timingSafeEqual(expected, received);
    response.writeHead(valid ? 200 : 401, { 'content-type': 'application/json' });
    response.end(valid ? '{"ok":true}' : '{"error":"invalid signature"}');
  });
});

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
