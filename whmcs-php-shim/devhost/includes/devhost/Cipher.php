<?php

declare(strict_types=1);

namespace Devhost;

/** Reversible, different each time, and like WHMCS's: foreign input decrypts to garbage instead of an error. */
final class Cipher
{
    private const METHOD = 'aes-256-ctr';
    private static $key = '';

    public static function configure(string $hash): void
    {
        self::$key = hash('sha256', $hash, true);
    }

    public static function encrypt(string $plain): string
    {
        $iv = random_bytes(16);
        return base64_encode($iv . openssl_encrypt($plain, self::METHOD, self::$key, OPENSSL_RAW_DATA, $iv));
    }

    public static function decrypt(string $cipher): string
    {
        $raw = str_pad((string) base64_decode($cipher), 16, "\0");
        return (string) openssl_decrypt(substr($raw, 16), self::METHOD, self::$key, OPENSSL_RAW_DATA, substr($raw, 0, 16));
    }
}
