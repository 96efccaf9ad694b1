<?php
/**
 * Prints the lines of the shim's files and of all together; ends with 1 above the limit.
 */

declare(strict_types=1);

const LIMIT = 900;

$folder = dirname(__DIR__) . '/modules';
$total = 0;
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder, FilesystemIterator::SKIP_DOTS)) as $file) {
    if ($file->getExtension() === 'php') {
        $lines = count(file($file->getPathname()));
        $total += $lines;
        printf("%5d %s\n", $lines, substr($file->getPathname(), strlen($folder) + 1));
    }
}
printf("%5d of %d lines\n", $total, LIMIT);
exit($total > LIMIT ? 1 : 0);
