<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Authentication\CurrentUser;

/**
 * What is sent to the service: an allow-list of WHMCS's $params, never the array itself, which holds models and the
 * client's record. Any key of it may be missing and any number may be a string; the service always gets all keys.
 */
final class Payload
{
    /** Our names => those of $params. */
    private const SERVICE = [
        'int' => ['id' => 'serviceid', 'client_id' => 'userid', 'product_id' => 'pid', 'server_id' => 'serverid'],
        'text' => ['status' => 'status', 'domain' => 'domain', 'username' => 'username', 'password' => 'password'],
    ];
    private const SERVER = [
        'int' => ['id' => 'serverid', 'port' => 'serverport'],
        'text' => ['hostname' => 'serverhostname', 'ip' => 'serverip', 'username' => 'serverusername',
            'password' => 'serverpassword', 'access_hash' => 'serveraccesshash'],
    ];

    public static function forModule(array $params, array $args = []): array
    {
        $secure = $params['serversecure'] ?? true;
        $server = ['secure' => in_array($secure, [true, 1, '1', 'on'], true)] + self::pick($params, self::SERVER);
        $server['port'] = $server['port'] ?: ServerModule::DEFAULT_PORT;
        return self::base($args) + ['service' => self::pick($params, self::SERVICE), 'server' => $server];
    }

    public static function base(array $args = []): array
    {
        return [
            'idempotency_key' => bin2hex(random_bytes(16)),
            'caller' => self::caller(),
            'whmcs_version' => (string) ($GLOBALS['CONFIG']['Version'] ?? ''),
            'args' => (object) $args,
        ];
    }

    public static function json(array $payload): string
    {
        return json_encode($payload, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    }

    /** @return string[] the secret values in a payload */
    public static function secrets(array $payload): array
    {
        return [$payload['service']['password'] ?? '', $payload['server']['password'] ?? '', $payload['server']['access_hash'] ?? ''];
    }

    /** Who WHMCS says is asking; it has checked session, role and ownership. */
    private static function caller(): array
    {
        $user = class_exists(CurrentUser::class) ? new CurrentUser() : null;
        $client = defined('CLIENTAREA') && $user ? $user->client() : null;
        $admin = (int) ($_SESSION['adminid'] ?? 0);
        if ($client) {
            return ['kind' => 'client', 'id' => (int) $client->id];
        }
        return ['kind' => $admin > 0 ? 'admin' : 'system', 'id' => $admin];
    }

    private static function pick(array $params, array $names): array
    {
        $scalar = static fn (string $name) => is_scalar($params[$name] ?? null) ? $params[$name] : '';
        return array_map(static fn (string $name): int => (int) $scalar($name), $names['int'])
            + array_map(static fn (string $name): string => (string) $scalar($name), $names['text']);
    }
}
