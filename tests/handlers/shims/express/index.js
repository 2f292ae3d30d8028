// As much of express as the samples need, where express itself is not installed: `json()` with its
// limit of 100 kB, strict, for JSON alone; routes by method and path; 500 where a handler throws.
const http = require('http');

const LIMIT = 100 * 1024;

function express() {
  const layers = [];
  const app = {
    use: (layer) => layers.push({ layer }),
    post: (path, layer) => layers.push({ method: 'POST', path, layer }),
    listen: (...args) => http.createServer(serve).listen(...args),
  };
  function serve(request, response) {
    response.status = (status) => {
      response.statusCode = status;
      return response;
    };
    response.send = (text) => response.end(text);
    let at = 0;
    const next = (error) => {
      if (error) return response.status(error.status || 500).send(error.message);
      const own = layers[at++];
      if (!own) return response.status(404).send('not found');
      if (own.path && (own.method !== request.method || own.path !== request.url.split('?')[0])) {
        return next();
      }
      try {
        own.layer(request, response, next);
      } catch (thrown) {
        next(thrown);
      }
    };
    next();
  }
  return app;
}

express.json = () => (request, response, next) => {
  const type = (request.headers['content-type'] || '').split(';')[0].trim().toLowerCase();
  const pieces = [];
  let length = 0;
  if (type !== 'application/json') return next();
  request.on('data', (piece) => {
    length += piece.length;
    if (length <= LIMIT) pieces.push(piece);
  });
  request.on('end', () => {
    if (length > LIMIT) return next({ status: 413, message: 'request entity too large' });
    const text = Buffer.concat(pieces).toString('utf8');
    request.body = {};
    if (length === 0) return next();
    try {
      if (!/^[\s]*[[{]/.test(text)) throw new SyntaxError('not an object');
      request.body = JSON.parse(text);
    } catch (error) {
      return next({ status: 400, message: error.message });
    }
    next();
  });
};

module.exports = express;
