'use strict';
const Redis = require('ioredis');

const redis = new Redis({ host: 'cache.internal', port: 6379, keyPrefix: 'library:' });

exports.remember = async (isbn, make) => {
  const known = await redis.get(`book:${isbn}`);
  if (known) return JSON.parse(known);
  const made = await make();
  await redis.set(`book:${isbn}`, JSON.stringify(made), 'EX', 600);
  return made;
};
