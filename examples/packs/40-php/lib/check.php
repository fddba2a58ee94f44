<?php
// Reads the project's files with PHP's own parser: a syntax error ends the build, not the first request.
$skip = fn ($file) => !in_array($file->getFilename(), ['vendor', 'node_modules', 'tests'], true);
$tree = new RecursiveDirectoryIterator('.', FilesystemIterator::SKIP_DOTS);
$wrong = 0;
foreach (new RecursiveIteratorIterator(new RecursiveCallbackFilterIterator($tree, $skip)) as $file) {
    if ($file->getExtension() !== 'php' || !$file->isFile()) continue;
    try {
        token_get_all(file_get_contents($file->getPathname()), TOKEN_PARSE);
    } catch (ParseError $error) {
        fwrite(STDERR, substr($file->getPathname(), 2) . ":{$error->getLine()}: {$error->getMessage()}\n");
        $wrong = 1;
    }
}
exit($wrong);
