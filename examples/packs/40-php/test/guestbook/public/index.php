<?php
declare(strict_types=1);

require __DIR__ . '/../src/greeting.php';

header('Content-Type: text/plain');
echo Guestbook\greeting($_GET['name'] ?? 'world'), "\n";
