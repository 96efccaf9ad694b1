<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use PDO;

/** A database server for tests: the one of KVMBRIDGE_TEST_DSN, else a private MariaDB in a temporary folder. */
final class TestDatabase
{
    private const DSN = '~^(?<user>[^:@]*)(?::(?<password>[^@]*))?@(?:tcp\((?<host>[^:)]+)(?::(?<port>\d+))?\)|unix\((?<socket>[^)]+)\))/~';
    private static $server = [];

    /** @return array<string,string> what configuration.php needs for a new, empty database */
    public static function create(): array
    {
        self::$server = self::$server ?: self::find();
        $config = self::$server + ['db_name' => 'devhost_' . bin2hex(random_bytes(5))];
        $place = $config['db_host'][0] === '/' ? "unix_socket={$config['db_host']}" : "host={$config['db_host']};port={$config['db_port']}";
        $pdo = new PDO("mysql:$place", $config['db_username'], $config['db_password'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
        $pdo->exec("CREATE DATABASE {$config['db_name']} CHARACTER SET utf8mb4");
        if ((string) getenv('KVMBRIDGE_TEST_DSN') !== '') { // a private server goes as a whole
            register_shutdown_function(static function () use ($pdo, $config): void {
                $pdo->exec("DROP DATABASE IF EXISTS {$config['db_name']}");
            });
        }
        return $config;
    }

    private static function find(): array
    {
        $dsn = (string) getenv('KVMBRIDGE_TEST_DSN');
        if ($dsn === '') {
            return self::start();
        }
        if (!preg_match(self::DSN, $dsn, $part)) {
            throw new \RuntimeException("KVMBRIDGE_TEST_DSN is \"$dsn\"; it must look like root@unix(/path/to/socket)/");
        }
        return ['db_host' => ($part['socket'] ?? '') ?: $part['host'], 'db_port' => ($part['port'] ?? '') ?: '3306',
            'db_username' => $part['user'], 'db_password' => $part['password'] ?? ''];
    }

    private static function start(): array
    {
        $folder = sys_get_temp_dir() . '/kvmbridge-db-' . bin2hex(random_bytes(6));
        $path = (string) getenv('PATH') . ':/usr/sbin:/sbin';
        $user = '--user=' . posix_getpwuid(posix_geteuid())['name'];
        exec('PATH=' . escapeshellarg($path) . ' mariadb-install-db --no-defaults --skip-test-db --auth-root-authentication-method=normal '
            . escapeshellarg($user) . ' --datadir=' . escapeshellarg($folder) . ' 2>&1', $output, $code);
        if ($code !== 0) {
            throw new \RuntimeException('MariaDB cannot be set up; install mariadb-server-core. ' . implode("\n", array_slice($output, -3)));
        }
        register_shutdown_function(static function (string $folder, int $owner): void {
            if (getmypid() === $owner) {
                PhpServer::stopAll($owner);
                exec('rm -rf ' . escapeshellarg($folder));
            }
        }, $folder, getmypid());
        PhpServer::start(['mariadbd', '--no-defaults', $user, "--datadir=$folder", "--socket=$folder/s", '--skip-networking',
            '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=32M'], ['PATH' => $path]);
        PhpServer::await(static function () use ($folder): bool {
            return file_exists("$folder/s");
        }, 'mariadbd');
        return ['db_host' => "$folder/s", 'db_port' => '', 'db_username' => 'root', 'db_password' => ''];
    }
}
