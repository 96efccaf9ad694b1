<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

/** Stands where the kvmbridge service listens. The first part of the path chooses how it behaves, see fake/sidecar.php. */
final class FakeSidecar
{
    public const SECRET = 'the-shared-secret-0123456789abcdef';
    private static $base = '';
    private static $folder = '';

    public static function url(string $behaviour): string
    {
        if (self::$base === '') {
            self::$folder = sys_get_temp_dir() . '/kvmbridge-shim-' . bin2hex(random_bytes(6));
            mkdir(self::$folder);
            register_shutdown_function(static function (string $folder, int $owner): void {
                if (getmypid() === $owner) {
                    array_map('unlink', glob("$folder/*"));
                    rmdir($folder);
                }
            }, self::$folder, getmypid());
            self::$base = PhpServer::web(self::$folder, __DIR__ . '/fake/sidecar.php', ['FAKE_FOLDER' => self::$folder, 'PHP_CLI_SERVER_WORKERS' => '8']);
        }
        return self::$base . '/' . $behaviour;
    }

    public static function folder(): string
    {
        self::url('');
        return self::$folder;
    }

    /** An address nobody listens at. */
    public static function deadUrl(): string
    {
        $probe = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($probe, false);
        fclose($probe);
        return "http://$address";
    }

    /** What the sidecar answers with instead of its own success. */
    public static function answerWith(int $status, string $body, array $head = []): void
    {
        file_put_contents(self::folder() . '/answer.json', json_encode(['status' => $status, 'body' => $body, 'head' => $head]));
    }

    public static function forget(): void
    {
        array_map('unlink', glob(self::folder() . '/*.json'));
    }

    /** @return array<string,mixed>|null the last request: method, path, headers, body */
    public static function lastRequest(): ?array
    {
        $file = self::folder() . '/request.json';
        return is_file($file) ? json_decode((string) file_get_contents($file), true) : null;
    }
}
