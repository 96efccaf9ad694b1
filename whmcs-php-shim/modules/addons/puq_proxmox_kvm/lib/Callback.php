<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * Checks a request of the service before anything is done, and answers it exactly once, with nothing but JSON.
 */
final class Callback
{
    private const MOST_BYTES = 1048576;
    private const MESSAGES = [
        'bad_method' => [405, 'Only POST is answered here.'],
        'too_large' => [413, 'The request is larger than 1 MiB.'],
        'unknown_key' => [401, 'The key id is not known here. Compare the secret of the service with the addon\'s settings.'],
        'bad_signature' => [401, 'The signature does not fit. Compare the secret of the service with the addon\'s settings.'],
        'stale_time' => [401, 'The request is more than 60 seconds old or ahead. Set the clocks of both machines.'],
        'bad_json' => [400, 'The request is not a JSON object with id, effect and args.'],
        'whmcs_unavailable' => [503, 'WHMCS did not load. Look at its own pages and at the error log of PHP.'],
    ];

    private static $answered = false;

    /** Cheap refusals, before WHMCS is loaded. */
    public static function refuseEarly(array $server): void
    {
        if (($server['REQUEST_METHOD'] ?? '') !== 'POST') {
            self::refuse('bad_method');
        }
        if ((int) ($server['CONTENT_LENGTH'] ?? 0) > self::MOST_BYTES) {
            self::refuse('too_large');
        }
    }

    public static function run(array $server): void
    {
        if (!defined('WHMCS')) {
            self::refuse('whmcs_unavailable');
        }
        $body = (string) file_get_contents('php://input', false, null, 0, self::MOST_BYTES + 1);
        if (strlen($body) > self::MOST_BYTES) {
            self::refuse('too_large');
        }
        try {
            $fault = Signature::faultOf(Settings::load()->keys(), $server, $body, time());
            if ($fault !== '') {
                self::refuse($fault);
            }
            self::answer(200, 'success', '', '', Effects::apply(self::request($body)));
        } catch (EffectRefused $refusal) {
            self::answer($refusal->status, 'error', $refusal->reason, $refusal->getMessage());
        } catch (\Throwable $error) {
            self::answer(500, 'error', 'failed', 'WHMCS could not do it: ' . $error->getMessage());
        }
    }

    /** PHP's last words: a fatal error or an exit inside WHMCS still gets a JSON answer. */
    public static function answerForDead(): void
    {
        if (!self::$answered) {
            self::refuse('whmcs_unavailable');
        }
    }

    private static function request(string $body): array
    {
        $request = json_decode($body, true, 32);
        if (!is_array($request) || !is_string($request['effect'] ?? null) || !is_array($request['args'] ?? null)) {
            self::refuse('bad_json');
        }
        return $request;
    }

    private static function refuse(string $code): void
    {
        [$status, $message] = self::MESSAGES[$code];
        self::answer($status, 'error', $code, $message);
    }

    private static function answer(int $status, string $result, string $code, string $message, array $data = []): void
    {
        self::$answered = true;
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        if (!headers_sent()) {
            http_response_code($status);
            header('Content-Type: application/json');
            header('Cache-Control: no-store');
        }
        echo json_encode(
            ['result' => $result, 'code' => $code, 'message' => $message, 'data' => (object) $data],
            JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE
        );
        exit;
    }
}
