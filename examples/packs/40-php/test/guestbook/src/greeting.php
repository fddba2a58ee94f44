<?php
declare(strict_types=1);

namespace Guestbook;

function greeting(string $name): string
{
    return 'Hello, ' . (ctype_alpha($name) ? $name : 'stranger') . ', from PHP ' . PHP_MAJOR_VERSION;
}
