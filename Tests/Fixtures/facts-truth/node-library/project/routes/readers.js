'use strict';
const express = require('express');

const readers = express.Router();
const loans = express.Router({ mergeParams: true });

loans.get('/', (req, res) => res.json([]));
loans.put('/:isbn', (req, res) => res.status(201).end());

readers.post('/', (req, res) => res.status(201).end());
readers.use('/:reader/loans', loans);

module.exports = readers;
