<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** Who is logged in, and the token that every form carries. */
final class Session
{
    public static function loginAdmin(string $username, string $password): bool
    {
        $admin = Capsule::table('tbladmins')->where('username', $username)->where('disabled', 0)->first();
        return $admin !== null && password_verify($password, $admin->password) && self::start('adminid', (int) $admin->id);
    }

    public static function loginClient(string $email, string $password): bool
    {
        $user = Capsule::table('tblusers')->where('email', $email)->first();
        if ($user === null || !password_verify($password, $user->password)) {
            return false;
        }
        $client = Capsule::table('tblusers_clients')->where('auth_user_id', $user->id)->value('client_id');
        return self::start('devhost_user', (int) $user->id) && self::start('devhost_client', (int) $client);
    }

    public static function logout(string ...$keys): void
    {
        foreach ($keys as $key) {
            unset($_SESSION[$key]);
        }
    }

    public static function admin(): ?object
    {
        return self::row('tbladmins', 'adminid');
    }

    public static function user(): ?object
    {
        return self::row('tblusers', 'devhost_user');
    }

    public static function client(): ?object
    {
        return self::row('tblclients', 'devhost_client');
    }

    public static function token(): string
    {
        if (!isset($_SESSION['devhost_token'])) {
            $_SESSION['devhost_token'] = bin2hex(random_bytes(20));
        }
        return $_SESSION['devhost_token'];
    }

    public static function checkToken(): void
    {
        $given = $_POST['token'] ?? '';
        if (!is_string($given) || !hash_equals(self::token(), $given)) {
            Page::stop(403, 'Invalid token', 'The form is too old. Go back, reload the page and send it again.');
        }
    }

    private static function start(string $key, int $id): bool
    {
        if (session_status() === PHP_SESSION_ACTIVE) {
            session_regenerate_id(true);
        }
        $_SESSION[$key] = $id;
        return true;
    }

    private static function row(string $table, string $key): ?object
    {
        $id = (int) ($_SESSION[$key] ?? 0);
        return $id > 0 ? Capsule::table($table)->where('id', $id)->first() : null;
    }
}
