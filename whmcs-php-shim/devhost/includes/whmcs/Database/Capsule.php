<?php

declare(strict_types=1);

namespace WHMCS\Database;

use Devhost\Connection;
use Devhost\Database;
use Devhost\Query;
use Devhost\Schema;

/** WHMCS's name for Laravel's database manager, as far as modules use it. */
final class Capsule
{
    public static function table(string $table): Query
    {
        return new Query(Database::pdo(), $table);
    }

    public static function schema(): Schema
    {
        return new Schema(Database::pdo());
    }

    public static function connection(): Connection
    {
        return new Connection(Database::pdo());
    }
}

class_alias(Capsule::class, 'Illuminate\Database\Capsule\Manager');
