<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** Speaks HTTP with the service. No request is repeated: the next address is tried only when nothing was sent to the one before. */
final class Client
{
    private const MOST_ANSWER_BYTES = 8388608;

    /** A success as the service answered it; everything else is a Fault. */
    public static function post(Settings $settings, string $path, string $body): array
    {
        $answer = '';
        $from = self::send($settings, $path, $body, [
            CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$answer): int {
                $answer .= $part;
                return strlen($answer) <= self::MOST_ANSWER_BYTES ? strlen($part) : 0;
            },
        ]);
        return self::read($answer, ...$from);
    }

    /** Refusals come with any status; a success only with 200. */
    public static function read(string $raw, string $url, int $status): array
    {
        $answer = json_decode($raw, true);
        if (($answer['result'] ?? '') === 'error') {
            throw new Fault('refused', ($answer['message'] ?? '') ?: 'The kvmbridge service refused without a reason. See its log.');
        }
        if (($answer['result'] ?? '') !== 'success' || $status !== 200) {
            throw new Fault('bad_answer', $url, $status);
        }
        return $answer;
    }

    /** PHP prints what comes, or $more takes it, once $head has seen status and header lines. Only silence, in seconds, can last too long. */
    public static function relay(Settings $settings, string $path, string $body, float $patience, callable $head, array $more = []): array
    {
        [$lines, $seen, $since] = [[], -1, 0.0];
        return self::send($settings, $path, $body, $more + [
            CURLOPT_TIMEOUT_MS => 0,
            CURLOPT_NOPROGRESS => false,
            CURLOPT_PROGRESSFUNCTION => static function ($curl, $size, $got) use ($patience, &$seen, &$since): int {
                [$seen, $since] = [$got, $got === $seen ? $since : microtime(true)];
                return (int) (microtime(true) - $since > $patience);
            },
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
