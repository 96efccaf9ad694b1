<?php
/**
 * Command line of devhost; run without arguments for the list of commands.
 */

declare(strict_types=1);

if (PHP_SAPI !== 'cli') {
    exit;
}
require_once __DIR__ . '/../init.php';

exit(Devhost\Cli::run($argv));
