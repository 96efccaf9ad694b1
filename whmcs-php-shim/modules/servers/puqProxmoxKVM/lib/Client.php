<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * Speaks HTTP with the kvmbridge service. One request, never repeated: the next address of the list is tried only when
 * nothing at all was sent to the one before.
 */
final class Client
{
    private const MOST_ANSWER_BYTES = 8388608;

    /** @var Settings */
    private $settings;

    public function __construct(Settings $settings)
    {
        $this->settings = $settings;
    }

    /**
     * @return array{0:array<string,mixed>,1:string} the answer's data and the raw answer
     * @throws Fault
     */
    public function post(string $path, string $body): array
    {
        $keys = $this->settings->keys();
        if (!isset($keys['k1'])) {
            throw Fault::notPaired();
        }
        $deadline = microtime(true) + $this->settings->totalTimeoutMs() / 1000;
        $urls = $this->settings->urls();
        foreach ($urls as $n => $url) {
            $left = (int) (1000 * ($deadline - microtime(true)));
            $reply = $this->send($url, $path, $body, $keys['k1'], max($left, 1));
            if ($reply['sent'] || !isset($urls[$n + 1])) {
                break;
            }
        }
        return self::read($url, $reply);
    }

    /** @return array{sent:bool,error:string,status:int,body:string} */
    private function send(string $url, string $path, string $body, string $secret, int $timeoutMs): array
    {
        [$base, $socket] = self::target($url);
        $signedPath = (string) parse_url($base, PHP_URL_PATH) . $path;
        $answer = '';
        $curl = curl_init($base . $path);
        curl_setopt_array($curl, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $body,
            CURLOPT_HTTPHEADER => array_merge(
                ['Content-Type: application/json', 'Accept: application/json', 'Expect:'],
                Signature::headers('k1', $secret, 'POST', $signedPath, $body)
            ),
            CURLOPT_CONNECTTIMEOUT_MS => min($this->settings->connectTimeoutMs(), $timeoutMs),
            CURLOPT_TIMEOUT_MS => $timeoutMs,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROXY => '',
            CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$answer): int {
                $answer .= $part;
                return strlen($answer) <= self::MOST_ANSWER_BYTES ? strlen($part) : 0;
            },
        ]);
        if ($socket !== '') {
            curl_setopt($curl, CURLOPT_UNIX_SOCKET_PATH, $socket);
        }
        curl_exec($curl);
        $reply = [
            'sent' => curl_getinfo($curl, CURLINFO_REQUEST_SIZE) > 0,
            'error' => curl_error($curl),
            'status' => (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE),
            'body' => $answer,
        ];
        curl_close($curl);
        return $reply;
    }

    /** @return array{0:string,1:string} base URL and unix socket ('' = none) */
    private static function target(string $url): array
    {
        if (preg_match('~^unix://(/.+)$~D', $url, $match)) {
            return ['http://localhost', $match[1]];
        }
        if (!preg_match('~^https?://[^/?#]+(/[^?#]*)?$~D', $url)) {
            throw Fault::badUrl($url);
        }
        return [rtrim($url, '/'), ''];
    }

    /**
     * @param array{sent:bool,error:string,status:int,body:string} $reply
     * @return array{0:array<string,mixed>,1:string}
     */
    private static function read(string $url, array $reply): array
    {
        if ($reply['error'] !== '') {
            throw $reply['sent'] ? Fault::noAnswer($url, $reply['error']) : Fault::unreachable($url, $reply['error']);
        }
        $answer = json_decode($reply['body'], true, 64);
        $result = is_array($answer) ? ($answer['result'] ?? '') : '';
        if ($result === 'error') {
            throw Fault::refused(is_string($answer['message'] ?? null) ? $answer['message'] : '');
        }
        if ($result !== 'success' || $reply['status'] !== 200) {
            throw Fault::badAnswer($url, $reply['status'], is_array($answer) ? 'no result in it' : 'not JSON');
        }
        return [is_array($answer['data'] ?? null) ? $answer['data'] : [], $reply['body']];
    }
}
