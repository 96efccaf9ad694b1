<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

/** A process that is started for the tests and ended with them. */
final class PhpServer
{
    private static $processes = [];

    /** Starts PHP's web server on a free port and waits until it answers. */
    public static function web(string $root, string $router, array $environment = [], array $options = []): string
    {
        $probe = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($probe, false);
        fclose($probe);
        $command = array_merge([PHP_BINARY], $options, ['-S', $address, '-t', $root]);
        self::start($router === '' ? $command : array_merge($command, [$router]), $environment + ['PHP_CLI_SERVER_WORKERS' => '4']);
        self::await(static function () use ($address): bool {
            $socket = @stream_socket_client("tcp://$address", $code, $text, 0.2);
            return $socket !== false && fclose($socket);
        }, $address);
        return "http://$address";
    }

    /** In a process group of its own: PHP's web server leaves its workers behind when only the parent is ended. */
    public static function start(array $command, array $environment = []): void
    {
        $pipes = [];
        $nothing = ['file', '/dev/null', 'a'];
        $process = proc_open(array_merge(['setsid'], $command), [['file', '/dev/null', 'r'], $nothing, $nothing], $pipes, null, $environment + getenv());
        if (!is_resource($process)) {
            throw new \RuntimeException('cannot start ' . implode(' ', $command));
        }
        if (self::$processes === []) {
            register_shutdown_function([self::class, 'stopAll'], getmypid());
            pcntl_async_signals(true);
            foreach ([SIGINT, SIGTERM] as $signal) {
                pcntl_signal($signal, static function (): void {
                    exit(130);
                });
            }
        }
        self::$processes[] = $process;
    }

    public static function stopAll(int $owner): void
    {
        foreach (getmypid() === $owner ? self::$processes : [] as $process) {
            posix_kill(-proc_get_status($process)['pid'], SIGTERM);
            proc_close($process);
        }
        self::$processes = [];
    }

    public static function await(callable $ready, string $what): void
    {
        for ($tries = 0; $tries < 200; $tries++) {
            if ($ready()) {
                return;
            }
            usleep(20000);
        }
        throw new \RuntimeException("$what did not start");
    }
}
