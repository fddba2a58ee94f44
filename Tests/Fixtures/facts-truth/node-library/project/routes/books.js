'use strict';
const { Router } = require('express');
const { remember } = require('../lib/cache');
const { cover, describe } = require('../lib/covers');

const router = Router();

router.route('/')
  .get((req, res) => res.json([]))
  .post((req, res) => res.status(201).end());

router.get('/:isbn(\\d{13})', async (req, res) => res.json(await remember(req.params.isbn, () => describe(req.params.isbn))));
router.get('/:isbn/cover', async (req, res) => res.type('jpg').send((await cover(req.params.isbn)).data));
router.delete('/:isbn', (req, res) => res.status(204).end());

module.exports = router;
