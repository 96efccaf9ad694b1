<?php
/**
 * All tests of the PHP half: syntax of every file, PHP 7.4 by the parser, PHPUnit. Ends with 1 if anything fails, is
 * skipped or is risky. With --syntax only what needs no run of the tests.
 *
 * Tests that need a database start a private MariaDB, or use the server of KVMBRIDGE_TEST_DSN (user:password@tcp(host:port)/ or
 * user@unix(/socket)/).
 */

declare(strict_types=1);

$root = dirname(__DIR__);
$failed = [];
$step = static function (string $name, array $command) use (&$failed): void {
    passthru(implode(' ', array_map('escapeshellarg', $command)), $code);
    if ($code !== 0) {
        $failed[] = $name;
    }
};

$files = [];
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS)) as $file) {
    if ($file->getExtension() === 'php') {
        $files[] = $file->getPathname();
    }
}
foreach (array_chunk($files, 8) as $some) {
    // One process per file, eight at a time: php -l takes a single file in older versions.
    $running = array_map(static function (string $file) {
        return [$file, popen(escapeshellarg(PHP_BINARY) . ' -l ' . escapeshellarg($file) . ' 2>&1', 'r')];
    }, $some);
    foreach ($running as [$file, $pipe]) {
        $text = trim((string) stream_get_contents($pipe));
        if (pclose($pipe) !== 0) {
            echo $text, "\n";
            $failed[] = $file;
        }
    }
}
echo 'php -l: ', count($files), " files\n";

if (is_dir("$root/../node_modules/php-parser")) {
    $step('parse74', ['node', __DIR__ . '/parse74.js']);
} else {
    echo "parse74: the npm package php-parser is missing. Run npm ci in the project's folder.\n";
    $failed[] = 'parse74';
}

if (!in_array('--syntax', $argv, true)) {
    $step('phpunit', ['phpunit', '-c', __DIR__ . '/phpunit.xml']);
}

if ($failed !== []) {
    fwrite(STDERR, 'PHP tests failed: ' . implode(', ', $failed) . "\n");
    exit(1);
}
