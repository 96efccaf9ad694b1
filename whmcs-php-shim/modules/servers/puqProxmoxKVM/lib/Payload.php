<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Authentication\CurrentUser;

/** What is sent to the service: an allow-list of WHMCS's $params, which hold much more. Any of them may be missing, any number a text. */
final class Payload
{
    /** Our names => those of $params. */
    private const SERVICE = ['id' => 'serviceid', 'client_id' => 'userid', 'product_id' => 'pid', 'server_id' => 'serverid', 'status' => 'status',
        'domain' => 'domain', 'username' => 'username', 'password' => 'password'];
    private const SERVER = ['id' => 'serverid', 'port' => 'serverport', 'hostname' => 'serverhostname', 'ip' => 'serverip',
        'username' => 'serverusername', 'password' => 'serverpassword', 'access_hash' => 'serveraccesshash'];
    private const NUMBERS = ['id', 'client_id', 'product_id', 'server_id', 'port'];

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

    /** Who WHMCS says is asking; it has checked session, role and ownership. */
    private static function caller(): array
    {
        $user = class_exists(CurrentUser::class) ? new CurrentUser() : null;
        $client = defined('CLIENTAREA') && $user ? $user->client() : null;
        $admin = (int) ($_SESSION['adminid'] ?? 0);
        return $client ? ['kind' => 'client', 'id' => (int) $client->id] : ['kind' => $admin > 0 ? 'admin' : 'system', 'id' => $admin];
    }

    private static function pick(array $params, array $names): array
    {
        foreach ($names as $ours => $theirs) {
            $value = is_scalar($params[$theirs] ?? null) ? $params[$theirs] : '';
            $names[$ours] = in_array($ours, self::NUMBERS, true) ? (int) $value : (string) $value;
        }
        return $names;
    }
}
