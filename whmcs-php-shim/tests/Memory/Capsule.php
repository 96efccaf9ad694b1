<?php

declare(strict_types=1);

namespace WHMCS\Database;

use Kvmbridge\Tests\Memory\Query;

require_once __DIR__ . '/Query.php';

/** The database manager over arrays, for tests that need rows and no database. */
final class Capsule
{
    /** @var array<string,array<int,array<string,mixed>>> table => rows */
    public static $tables = [];
    /** @var \Throwable|null what every access ends in */
    public static $fault;

    public static function table(string $table): Query
    {
        if (self::$fault) {
            throw self::$fault;
        }
        self::$tables += [$table => []];
        return new Query(self::$tables[$table]);
    }
}
