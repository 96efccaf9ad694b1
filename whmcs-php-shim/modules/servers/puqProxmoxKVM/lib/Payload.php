<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Authentication\CurrentUser;

/**
 * What is sent to the service: an allow-list of WHMCS's $params, never the array as it is, which holds models and the
 * client's record. Every key may be missing and every number may be a string; the service always gets all keys.
 */
final class Payload
{
    /**
     * @param array<string,mixed> $params
     * @param array<string,mixed> $args
     * @return array<string,mixed>
     */
    public static function forModule(array $params, array $args): array
    {
        return self::base($args) + [
            'service' => [
                'id' => self::int($params, 'serviceid', 'accountid'),
                'client_id' => self::int($params, 'userid'),
                'product_id' => self::int($params, 'pid', 'packageid'),
                'server_id' => self::int($params, 'serverid'),
                'status' => self::text($params, 'status'),
                'domain' => self::text($params, 'domain'),
                'username' => self::text($params, 'username'),
                'password' => self::text($params, 'password'),
            ],
            'server' => [
                'id' => self::int($params, 'serverid'),
                'hostname' => self::text($params, 'serverhostname'),
                'ip' => self::text($params, 'serverip'),
                'username' => self::text($params, 'serverusername'),
                'password' => self::text($params, 'serverpassword'),
                'access_hash' => self::text($params, 'serveraccesshash'),
                'secure' => self::flag($params['serversecure'] ?? true),
                'port' => self::int($params, 'serverport') ?: ServerModule::DEFAULT_PORT,
            ],
        ];
    }

    /**
     * @param array<string,mixed> $args
     * @return array<string,mixed>
     */
    public static function base(array $args): array
    {
        return [
            'idempotency_key' => bin2hex(random_bytes(16)),
            'caller' => self::caller(),
            'whmcs_version' => self::text($GLOBALS['CONFIG'] ?? [], 'Version'),
            'args' => (object) $args,
        ];
    }

    /** @param array<string,mixed> $payload */
    public static function json(array $payload): string
    {
        return json_encode($payload, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    }

    /**
     * @param array<string,mixed> $payload
     * @return string[] the secret values in it
     */
    public static function secretsIn(array $payload): array
    {
        return array_values(array_filter([
            $payload['service']['password'] ?? '',
            $payload['server']['password'] ?? '',
            $payload['server']['access_hash'] ?? '',
        ], 'strlen'));
    }

    /** @return array{kind:string,id:int} who WHMCS says is asking */
    private static function caller(): array
    {
        $user = class_exists(CurrentUser::class) ? new CurrentUser() : null;
        if (defined('CLIENTAREA') && $user && $user->client()) {
            return ['kind' => 'client', 'id' => (int) $user->client()->id];
        }
        $admin = $user && $user->isAuthenticatedAdmin() ? (int) $user->admin()->id : (int) ($_SESSION['adminid'] ?? 0);
        return $admin > 0 ? ['kind' => 'admin', 'id' => $admin] : ['kind' => 'system', 'id' => 0];
    }

    private static function int(array $params, string ...$names): int
    {
        foreach ($names as $name) {
            if (is_numeric($params[$name] ?? null)) {
                return (int) $params[$name];
            }
        }
        return 0;
    }

    private static function text(array $params, string $name): string
    {
        return is_scalar($params[$name] ?? null) ? (string) $params[$name] : '';
    }

    /** @param mixed $value true, 1, "1" and "on" are what WHMCS uses for yes */
    private static function flag($value): bool
    {
        return is_bool($value) ? $value : in_array($value, [1, '1', 'on', 'true', 'yes'], true);
    }
}
