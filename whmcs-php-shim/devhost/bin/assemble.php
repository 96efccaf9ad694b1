<?php
/**
 * Copies devhost and the two modules into one folder, which then looks like an installed WHMCS:
 *     php bin/assemble.php TARGET
 * Plain copies, no links; files that are already there are overwritten, a configuration.php is left alone.
 */

declare(strict_types=1);

(static function (array $argv): void {
    $target = $argv[1] ?? '';
    if ($target === '') {
        fwrite(STDERR, "usage: php bin/assemble.php TARGET\n");
        exit(2);
    }
    $copy = static function (string $from, string $to) use (&$copy): void {
        is_dir($to) || mkdir($to, 0755, true);
        foreach (array_diff(scandir($from), ['.', '..', 'configuration.php']) as $name) {
            is_dir("$from/$name") ? $copy("$from/$name", "$to/$name") : copy("$from/$name", "$to/$name");
        }
    };
    $shim = dirname(__DIR__, 2);
    $copy("$shim/devhost", $target);
    $copy("$shim/modules", "$target/modules");
    echo realpath($target), "\n";
})($argv);
