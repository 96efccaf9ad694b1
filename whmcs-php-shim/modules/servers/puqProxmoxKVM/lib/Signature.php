<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * How a request proves that it comes from the other half of kvmbridge; the same in both directions.
 */
final class Signature
{
    public const SKEW_SECONDS = 60;
    private const HEADERS = ['Key', 'Time', 'Nonce', 'Signature'];

    public static function of(string $secret, string $method, string $path, string $time, string $nonce, string $body): string
    {
        return hash_hmac('sha256', implode("\n", [$method, $path, $time, $nonce, hash('sha256', $body)]), $secret);
    }

    /** @return string[] header lines for a request to $path (with its query, as on the request line) */
    public static function headers(string $key, string $secret, string $method, string $path, string $body): array
    {
        $time = (string) time();
        $nonce = bin2hex(random_bytes(16));
        $values = [$key, $time, $nonce, self::of($secret, $method, $path, $time, $nonce, $body)];
        return array_map(static function (string $name, string $value): string {
            return "X-Kvmbridge-$name: $value";
        }, self::HEADERS, $values);
    }

    /**
     * @param array<string,string> $keys   key id => secret
     * @param array<string,mixed>  $server PHP's $_SERVER of the request
     * @return string '' when the request is signed well and fresh, else unknown_key, bad_signature or stale_time
     */
    public static function faultOf(array $keys, array $server, string $body, int $now): string
    {
        [$key, $time, $nonce, $signature] = array_map(static function (string $name) use ($server): string {
            return (string) ($server['HTTP_X_KVMBRIDGE_' . strtoupper($name)] ?? '');
        }, self::HEADERS);
        if (!isset($keys[$key]) || $keys[$key] === '') {
            return 'unknown_key';
        }
        $path = (string) ($server['REQUEST_URI'] ?? '');
        $expected = self::of($keys[$key], (string) ($server['REQUEST_METHOD'] ?? ''), $path, $time, $nonce, $body);
        if (!preg_match('/^[0-9a-f]{32}$/D', $nonce) || !hash_equals($expected, strtolower($signature))) {
            return 'bad_signature';
        }
        return ctype_digit($time) && abs($now - (int) $time) <= self::SKEW_SECONDS ? '' : 'stale_time';
    }
}
