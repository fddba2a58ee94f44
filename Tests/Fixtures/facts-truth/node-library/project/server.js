'use strict';
// A lending library: books, readers, and a shelf of reports for the staff.
const http = require('http');
const express = require('express');
const morgan = require('morgan');
const settings = require('./lib/settings');

const app = express();
app.disable('x-powered-by');
app.use(morgan('combined'));
app.use(express.json({ limit: '100kb' }));

const sections = [
  { at: '/books', router: require('./routes/books') },
  { at: '/readers', router: require('./routes/readers') },
];
for (const { at, router } of sections) app.use('/v2' + at, router);

require('./routes/staff')(app, settings);

app.get('/', (req, res) => res.redirect('/v2/books'));
app.all('/ping', (req, res) => res.send('pong'));

app.use((req, res) => res.status(404).json({ error: 'no such page' }));
app.use((error, req, res, next) => res.status(500).json({ error: error.message }));

http.createServer(app).listen(settings.port, settings.host);
