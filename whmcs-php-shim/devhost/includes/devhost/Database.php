<?php

declare(strict_types=1);

namespace Devhost;

use PDO;

/** The one connection, opened at first use with WHMCS's relaxed sql_mode. */
final class Database
{
    private static $config = [];
    private static $pdo;

    /** @param array<string,mixed> $config the variables of configuration.php */
    public static function configure(array $config): void
    {
        self::$config = $config;
        self::$pdo = null;
    }

    public static function pdo(): PDO
    {
        if (self::$pdo === null) {
            self::$pdo = new PDO(
                self::dsn(),
                (string) (self::$config['db_username'] ?? 'root'),
                (string) (self::$config['db_password'] ?? ''),
                [
                    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
                    PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_OBJ,
                    PDO::ATTR_STRINGIFY_FETCHES => false,
                    PDO::ATTR_EMULATE_PREPARES => false,
                    PDO::MYSQL_ATTR_INIT_COMMAND => "SET NAMES utf8mb4, SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'",
                ]
            );
        }
        return self::$pdo;
    }

    /** A host that is a path is a socket, the habit of shared hosts. */
    private static function dsn(): string
    {
        $host = (string) (self::$config['db_host'] ?? '127.0.0.1');
        $name = (string) (self::$config['db_name'] ?? 'whmcs');
        $place = strpos($host, '/') !== false
            ? 'unix_socket=' . ltrim(strstr($host, '/'), ':')
            : "host=$host;port=" . ((int) (self::$config['db_port'] ?? 0) ?: 3306);
        return "mysql:$place;dbname=$name;charset=utf8mb4";
    }
}
