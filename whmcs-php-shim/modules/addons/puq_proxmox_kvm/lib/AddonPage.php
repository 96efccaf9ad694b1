<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** A page of the addon. WHMCS has checked session and role; what is sent must also come from a page of this session. */
final class AddonPage
{
    /** What stands inside WHMCS's own page; for anything else, such as a file, it is printed and PHP ends. */
    public static function output(array $vars): string
    {
        try {
            $token = self::token();
            $args = ['link' => (string) ($vars['modulelink'] ?? ''), 'query' => (string) ($_SERVER['QUERY_STRING'] ?? ''), 'token' => $token] + self::sent($token);
        } catch (Fault $fault) {
            http_response_code($fault->status);
            return Fault::html($fault->getMessage());
        }
        $answer = Funnel::ask(Settings::ADDON, '/v1/addon/Output', Payload::base($args), [$token, ...array_values((array) $args['secrets'])]);
        $head = array_filter((array) ($answer['data']['head'] ?? []), 'is_string');
        if ($head !== []) {
            Output::begin((int) ($answer['data']['status'] ?? 200), $head, Funnel::text($answer, 'body'));
            exit;
        }
        return Funnel::text($answer, 'html') . Fault::html($answer['message']);
    }

    /** The form as the browser sent it (WHMCS puts entities into $_POST), what is secret apart from the rest. @throws Fault */
    private static function sent(string $token): array
    {
        if (($_SERVER['REQUEST_METHOD'] ?? 'GET') !== 'POST') {
            return ['post' => false, 'form' => '', 'secrets' => new \stdClass()];
        }
        $form = (string) file_get_contents('php://input');
        parse_str($form, $fields);
        $given = $fields['kb_token'] ?? '';
        // Browsers name the site only over TLS and to localhost; elsewhere the token alone decides.
        if (!is_string($given) || !hash_equals($token, $given) || ($_SERVER['HTTP_SEC_FETCH_SITE'] ?? 'same-origin') !== 'same-origin') {
            throw new Fault('foreign_form');
        }
        $secrets = array_filter((array) ($fields['secret'] ?? []), 'is_string');
        return ['post' => true, 'form' => preg_replace('/(^|&)(secret(\[|%5B)|kb_token=)[^&]*/i', '', $form), 'secrets' => (object) $secrets];
    }

    /** Bound to the admin: a session that changes hands has another one. */
    private static function token(): string
    {
        $_SESSION['kvmbridge'] = $_SESSION['kvmbridge'] ?? bin2hex(random_bytes(32));
        return hash_hmac('sha256', 'admin ' . (int) ($_SESSION['adminid'] ?? 0), $_SESSION['kvmbridge']);
    }
}
