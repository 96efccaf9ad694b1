<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/** Speaks HTTP with the service. No request is repeated: the next address is tried only when nothing was sent to the one before. */
final class Client
{
    private const MOST_ANSWER_BYTES = 8388608;

    /** The answer as it came, a success or a refusal; everything else is a Fault. */
    public static function post(Settings $settings, string $path, string $body): string
    {
        $answer = '';
        [$url, $status] = self::send($settings, $path, $body, [
            CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$answer): int {
                $answer .= $part;
                return strlen($answer) <= self::MOST_ANSWER_BYTES ? strlen($part) : 0;
            },
        ]);
        // Refusals come with any status; a success only with 200.
        $result = json_decode($answer, true)['result'] ?? '';
        if ($result !== 'error' && ($result !== 'success' || $status !== 200)) {
            throw new Fault('bad_answer', $url, $status);
        }
        return $answer;
    }

    /** PHP prints the answer as it comes, once $head has seen its status and header lines. Only silence can take too long. */
    public static function relay(Settings $settings, string $path, string $body, callable $head): void
    {
        $lines = [];
        self::send($settings, $path, $body, [
            CURLOPT_TIMEOUT_MS => 0,
            CURLOPT_LOW_SPEED_LIMIT => 1000, // bytes per second; the request itself counts too
            CURLOPT_LOW_SPEED_TIME => (int) ceil($settings->milliseconds('total_timeout', 10, 25) / 1000),
            CURLOPT_HEADERFUNCTION => static function ($curl, string $line) use ($head, &$lines): int {
                trim($line) === '' ? $head(curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $lines) : $lines[] = trim($line);
                return strlen($line);
            },
        ]);
    }

    /** @return array{0:string,1:int} the address that took it, and the status of its answer */
    private static function send(Settings $settings, string $path, string $body, array $options): array
    {
        if (!isset($settings->keys()['k1'])) {
            throw new Fault('not_paired');
        }
        $deadline = microtime(true) + $settings->milliseconds('total_timeout', 10, 25) / 1000;
        foreach ($settings->urls() as $url) {
            [$base, $socket] = self::target($url);
            $signed = Signature::headers('k1', $settings->keys()['k1'], parse_url($base, PHP_URL_PATH) . $path, $body);
            $leftMs = (int) max(1, 1000 * ($deadline - microtime(true)));
            $curl = curl_init($base . $path);
            curl_setopt_array($curl, $options + [
                CURLOPT_POST => true,
                CURLOPT_POSTFIELDS => $body,
                CURLOPT_HTTPHEADER => array_merge(['Content-Type: application/json', 'Expect:'], $signed),
                CURLOPT_CONNECTTIMEOUT_MS => min($settings->milliseconds('connect_timeout', 2, 10), $leftMs),
                CURLOPT_TIMEOUT_MS => $leftMs,
                CURLOPT_NOSIGNAL => true,
                CURLOPT_FOLLOWLOCATION => false,
                CURLOPT_PROXY => '', // never hand secrets to a proxy of the environment
            ] + ($socket === '' ? [] : [CURLOPT_UNIX_SOCKET_PATH => $socket]));
            curl_exec($curl);
            if ($sent = curl_getinfo($curl, CURLINFO_REQUEST_SIZE) > 0) {
                break;
            }
        }
        if (curl_error($curl) !== '') {
            throw new Fault($sent ? 'no_answer' : 'unreachable', $url, curl_error($curl));
        }
        return [$url, curl_getinfo($curl, CURLINFO_RESPONSE_CODE)];
    }

    /** @return array{0:string,1:string} base URL, and the unix socket or '' */
    private static function target(string $url): array
    {
        if (!preg_match('~^(unix://(?<socket>/.+)|https?://[^/?#]+(/[^?#]*)?)$~D', $url, $match)) {
            throw new Fault('bad_url', $url);
        }
        return ($match['socket'] ?? '') === '' ? [rtrim($url, '/'), ''] : ['http://localhost', $match['socket']];
    }
}
