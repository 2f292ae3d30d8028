// Runs a sample of a provider's documents as it stands there: `node sample.js FILE`. Prints its port.
// What the documents leave to the reader is added around it: an app, a free port, and 200 where the
// handler ends without an answer.
const net = require('net');
const path = require('path');
const express = require('express');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function () {
  return listen.call(this, 0, '127.0.0.1', () => console.log(this.address().port));
};

const own = express();
own.use(express.json());
let mine = false;
global.app = {
  post(route, handler) {
    mine = true;
    own.post(route, (request, response) => {
      handler(request, response);
      if (!response.headersSent) response.status(200).send('OK');
    });
  },
};
console.log = ((log) => (...words) => {
  // Its port alone is read; what the sample tells goes elsewhere.
  if (typeof words[0] === 'number') log(...words);
})(console.log);
console.error = () => {};
require(path.resolve(process.argv[2]));
if (mine) own.listen(0);
