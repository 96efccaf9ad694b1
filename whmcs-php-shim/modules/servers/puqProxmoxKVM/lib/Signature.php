<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** How a request proves that it comes from the other half of kvmbridge; the same in both directions. */
final class Signature
{
    private const HEADERS = ['Key', 'Time', 'Nonce', 'Signature'];
    private const SKEW_SECONDS = 60;

    /** $path is as on the request line, with its query. */
    public static function of(string $secret, string $method, string $path, string $time, string $nonce, string $body): string
    {
        return hash_hmac('sha256', implode("\n", [$method, $path, $time, $nonce, hash('sha256', $body)]), $secret);
    }

    /** @return string[] header lines */
    public static function headers(string $key, string $secret, string $path, string $body): array
    {
        [$time, $nonce] = [(string) time(), bin2hex(random_bytes(16))];
        $values = [$key, $time, $nonce, self::of($secret, 'POST', $path, $time, $nonce, $body)];
        return array_map(static fn (string $name, string $value): string => "X-Kvmbridge-$name: $value", self::HEADERS, $values);
    }

    /** Throws unless the request ($server is PHP's $_SERVER) is fresh and signed with one of the keys (key id => secret). */
    public static function check(array $keys, array $server, string $body, int $now): void
    {
        $header = static fn (string $name): string => (string) ($server['HTTP_X_KVMBRIDGE_' . strtoupper($name)] ?? '');
        [$key, $time, $nonce, $signature] = array_map($header, self::HEADERS);
        if (($keys[$key] ?? '') === '') {
            throw new Fault('unknown_key');
        }
        $expected = self::of($keys[$key], $server['REQUEST_METHOD'], $server['REQUEST_URI'], $time, $nonce, $body);
        if (!preg_match('/^[0-9a-f]{32}$/D', $nonce) || !hash_equals($expected, strtolower($signature))) {
            throw new Fault('bad_signature');
        }
        if (!ctype_digit($time) || abs($now - (int) $time) > self::SKEW_SECONDS) {
            throw new Fault('stale_time');
        }
    }
}
