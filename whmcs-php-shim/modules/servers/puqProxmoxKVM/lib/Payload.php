<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Authentication\CurrentUser;

/** What is sent to the service: an allow-list of WHMCS's $params, which hold much more. Any of them may be missing, any number a text. */
final class Payload
{
    /** params.json has our names => those of $params, and what stands for a missing one, whose type all the others get. */
    public static function forModule(array $params, array $args = []): array
    {
        $payload = self::base($args);
        foreach (json_decode((string) file_get_contents(__DIR__ . '/params.json'), true) as $part => $names) {
            foreach ($names as $ours => [$theirs, $missing]) {
                $payload[$part][$ours] = is_scalar($params[$theirs] ?? null) ? $params[$theirs] : $missing;
                settype($payload[$part][$ours], gettype($missing));
            }
        }
        return $payload;
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
    public static function caller(): array
    {
        $user = class_exists(CurrentUser::class) ? new CurrentUser() : null;
        $client = defined('CLIENTAREA') && $user ? $user->client() : null;
        $admin = (int) ($_SESSION['adminid'] ?? 0);
        return $client ? ['kind' => 'client', 'id' => (int) $client->id] : ['kind' => $admin > 0 ? 'admin' : 'system', 'id' => $admin];
    }
}
