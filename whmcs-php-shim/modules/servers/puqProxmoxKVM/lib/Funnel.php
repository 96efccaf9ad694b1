<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * The one way from WHMCS to the service: send, translate the answer, write WHMCS's module log with every secret masked.
 */
final class Funnel
{
    private const MASK = '********';

    /**
     * @param array<string,mixed> $payload
     * @return array<string,mixed> the answer's data
     * @throws Fault
     */
    public static function ask(string $module, string $path, array $payload): array
    {
        $raw = '';
        $outcome = 'success';
        $settings = new Settings([]);
        try {
            $settings = Settings::load();
            [$data, $raw] = (new Client($settings))->post($path, Payload::json($payload));
            return $data;
        } catch (\Throwable $error) {
            $outcome = $error->getMessage();
            throw $error;
        } finally {
            $secrets = array_merge(Payload::secretsIn($payload), array_values($settings->keys()));
            self::log($module, basename($path), Payload::json($payload), $raw, $outcome, $secrets);
        }
    }

    /**
     * Writes WHMCS's module log (it keeps the line only while its debug mode is on).
     *
     * @param string[] $secrets literal values that must not appear
     */
    public static function log(string $module, string $action, string $request, string $response, string $outcome, array $secrets): void
    {
        $forms = self::formsOf($secrets);
        $clean = static function (string $text) use ($forms): string {
            return str_replace($forms, self::MASK, $text);
        };
        if (function_exists('logModuleCall')) {
            logModuleCall($module, $action, $clean($request), $clean($response), $clean($outcome), $forms);
        }
    }

    /**
     * @param string[] $secrets
     * @return string[] each secret as it is and as it looks inside URLs, JSON and HTML, longest first
     */
    public static function formsOf(array $secrets): array
    {
        $forms = [];
        foreach (array_filter($secrets, 'strlen') as $secret) {
            $json = [json_encode($secret), json_encode($secret, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE)];
            $forms[] = [$secret, urlencode($secret), rawurlencode($secret), htmlspecialchars($secret, ENT_QUOTES)];
            $forms[] = array_map(static function ($quoted): string {
                return substr((string) $quoted, 1, -1);
            }, $json);
        }
        $forms = array_values(array_unique(array_filter(array_merge([], ...$forms), 'strlen')));
        usort($forms, static function (string $a, string $b): int {
            return strlen($b) - strlen($a);
        });
        return $forms;
    }
}
