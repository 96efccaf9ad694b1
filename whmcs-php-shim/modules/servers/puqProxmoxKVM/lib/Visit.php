<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Authentication\CurrentUser;

/** A page of the service inside one of WHMCS's, which has checked session, role and owner; a form must also come from a page of this session. */
final class Visit
{
    /** @param callable $ask gets what the browser sent and the secrets in it; an answer with a head, such as a file, is printed and PHP ends */
    public static function answer(string $link, bool $ours, callable $ask): array
    {
        try {
            $token = self::token();
            $args = ['link' => $link, 'query' => (string) ($_SERVER['QUERY_STRING'] ?? ''), 'token' => $token] + self::sent($token, $ours);
        } catch (Fault $fault) {
            http_response_code($fault->status);
            return ['reason' => $fault->reason, 'message' => '', 'data' => ['html' => Fault::html($fault->getMessage())]];
        }
        $answer = $ask($args, [$token, ...array_values((array) $args['secrets'])]);
        $head = array_filter((array) ($answer['data']['head'] ?? []), 'is_string');
        if ($head !== []) {
            Output::begin((int) ($answer['data']['status'] ?? 200), $head, Funnel::text($answer, 'body'));
            exit;
        }
        return $answer;
    }

    /** The form as the browser sent it (WHMCS puts entities into $_POST), what is secret apart from the rest. @throws Fault */
    private static function sent(string $token, bool $ours): array
    {
        if (!$ours || ($_SERVER['REQUEST_METHOD'] ?? 'GET') !== 'POST') {
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

    /** Bound to the admin, or to client and user: a session that changes hands has another one. */
    private static function token(): string
    {
        $_SESSION['kvmbridge'] = $_SESSION['kvmbridge'] ?? bin2hex(random_bytes(32));
        $who = Payload::caller();
        array_push($who, ...$who['kind'] === 'client' ? [(int) ((new CurrentUser())->user()->id ?? 0)] : []);
        return hash_hmac('sha256', implode(' ', $who), $_SESSION['kvmbridge']);
    }
}
