'use strict';
const axios = require('axios');

const covers = axios.create({ baseURL: 'https://covers.example.org/b', timeout: 2000 });
const CATALOGUE = 'http://catalogue.example.net:8081';

exports.cover = isbn => covers.get(`/isbn/${isbn}-M.jpg`, { responseType: 'arraybuffer' });
exports.describe = async isbn => (await axios.get(`${CATALOGUE}/search?isbn=${encodeURIComponent(isbn)}`)).data;
