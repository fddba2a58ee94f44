'use strict';
const fs = require('fs');
const path = require('path');

const REPORTS = path.join('data', 'reports');

module.exports = (app, settings) => {
  const allowed = (req, res, next) => (req.get('authorization') === settings.staffToken ? next() : res.sendStatus(403));

  app.post('/staff/reports', allowed, (req, res) => {
    fs.mkdirSync(REPORTS, { recursive: true });
    fs.writeFileSync(path.join(REPORTS, 'latest.json'), JSON.stringify(req.body));
    fs.appendFile('/var/log/library/reports.log', 'written\n', () => {});
    res.sendStatus(201);
  });
  app.get('/staff/reports/latest', allowed, (req, res) => res.sendFile(path.resolve(REPORTS, 'latest.json')));
};
