'use strict';

function must(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const { LOG_LEVEL = 'info', TZ_NAME } = process.env;

module.exports = {
  port: parseInt(process.env.LIBRARY_PORT || '8300', 10),
  host: process.env['LIBRARY_HOST'] ?? '0.0.0.0',
  secret: must('SESSION_SECRET'),
  staffToken: must('STAFF_TOKEN'),
  level: LOG_LEVEL,
  zone: TZ_NAME,
};
