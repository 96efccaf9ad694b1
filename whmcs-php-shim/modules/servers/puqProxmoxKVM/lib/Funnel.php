<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** The one way from WHMCS to the service: send, translate the answer, write WHMCS's module log with every secret masked. */
final class Funnel
{
    /** @return array{reason:string,message:string,data:array} reason '' is a success, message a sentence for staff; it throws nothing */
    public static function ask(string $module, string $path, array $payload, array $secrets = []): array
    {
        [$request, $answer] = [Payload::json($payload), []];
        array_push($secrets, $payload['service']['password'] ?? '', $payload['server']['password'] ?? '', $payload['server']['access_hash'] ?? '');
        try {
            $settings = Settings::load();
            array_push($secrets, ...array_values($settings->keys()));
            $answer = Client::post($settings, $path, $request);
            $outcome = ['reason' => '', 'message' => '', 'data' => is_array($answer['data'] ?? null) ? $answer['data'] : []];
        } catch (\Throwable $error) {
            $outcome = ['reason' => $error->reason ?? 'failed', 'message' => $error->getMessage(), 'data' => []];
        }
        try {
            self::log($module, basename($path), $request, $answer === [] ? '' : Payload::json($answer), $outcome['message'] ?: 'success', $secrets);
        } catch (\Throwable $error) { // the database is away, of which the outcome tells
        }
        return $outcome;
    }

    /** A text in the data of an answer, '' when there is none. */
    public static function text(array $answer, string $key): string { return is_string($answer['data'][$key] ?? null) ? $answer['data'][$key] : ''; }

    /** @param string[] $secrets literal values that must not appear (WHMCS masks values, not names) */
    public static function log(string $module, string $action, string $request, string $response, string $outcome, array $secrets): void
    {
        if (function_exists('logModuleCall')) {
            $forms = self::forms($secrets);
            $clean = str_replace($forms, '********', [$request, $response, $outcome]);
            logModuleCall($module, $action, $clean[0], $clean[1], $clean[2], $forms);
        }
    }

    /** @return string[] each secret as it is and as it looks inside URLs, JSON and HTML, longest first */
    public static function forms(array $secrets): array
    {
        $forms = [];
        foreach (array_filter($secrets, 'strlen') as $secret) {
            $json = static fn (int $flags): string => substr((string) json_encode($secret, $flags | JSON_INVALID_UTF8_SUBSTITUTE), 1, -1);
            array_push($forms, $secret, urlencode($secret), rawurlencode($secret), htmlspecialchars($secret, ENT_QUOTES), $json(0),
                $json(JSON_UNESCAPED_SLASHES), $json(JSON_UNESCAPED_UNICODE), $json(JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
        }
        usort($forms, static fn (string $a, string $b): int => strlen($b) <=> strlen($a));
        return array_values(array_unique($forms));
    }
}
