<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\ServerModule;
use Kvmbridge\Shim\Watch;
use WHMCS\Database\Capsule;

/** The alarm of WHMCS's side: one line when the service has been silent for long, one when it is back. */
final class WatchTest extends ShimTestCase
{
    private const START = 1900000000;

    /** @dataProvider days */
    public function testNote_tellsEachOnce(string $setting, string $day, array $lines): void
    {
        $this->sidecarIs(FakeSidecar::deadUrl(), $setting === '' ? [] : ['alarm_minutes' => $setting]);
        foreach (str_split($day) as $n => $answer) { // every ten minutes, as WHMCS's cron
            Watch::note($answer === '+', self::START + 600 * $n);
        }
        self::assertSame($lines, array_map(static function (string $line): string {
            preg_match('/(not answered|again).* (\d+) minutes/', $line, $words);
            return "$words[1] $words[2]";
        }, $this->activity()));
    }

    /** + is an answer, - none. */
    public function days(): array
    {
        return [
            'answers' => ['', '++++', []],
            'a short silence' => ['', '+---+---+', []],
            'a long one' => ['', '+------', ['not answered 30']],
            'and its end' => ['', '-------+++', ['not answered 30', 'again 70']],
            'two of them' => ['', '-----+-----+', ['not answered 30', 'again 50', 'not answered 30', 'again 50']],
            'sooner' => ['10', '--+', ['not answered 10', 'again 20']],
            'later' => ['60', '------+', []],
            'never' => ['0', '--------+', []],
            'nonsense' => ['soon', '----', ['not answered 30']],
        ];
    }

    public function testNote_writesSentences(): void
    {
        $this->sidecarIs(FakeSidecar::deadUrl());
        foreach ([0, 1800, 3600] as $n => $seconds) {
            Watch::note($n === 2, self::START + $seconds);
        }
        self::assertCount(2, $this->activity());
        array_map([self::class, 'assertLine'], $this->activity());
    }

    /** @dataProvider behaviours */
    public function testHook_knowsAnAnswerFromSilence(string $behaviour, bool $answered): void
    {
        $silent = ['silent' => (self::START - 3600) . ' told'];
        $this->sidecarIs($behaviour === 'dead' ? FakeSidecar::deadUrl() : FakeSidecar::url($behaviour), $silent);
        ServerModule::deliverOutbox();
        self::assertCount($answered ? 1 : 0, $this->activity());
        self::assertSame($answered ? '' : $silent['silent'], Capsule::table('tbladdonmodules')->where('setting', 'silent')->value('value'));
    }

    public function behaviours(): array
    {
        return ['a success' => ['success', true], 'a refusal' => ['refusal', true], 'nobody' => ['dead', false],
            'somebody else' => ['html', false], 'a fault' => ['error-500', false]];
    }

    /** An addon that is not active, or that was never paired, is nobody's alarm, and leaves no rows. */
    public function testHook_isSilentWithoutASecret(): void
    {
        Capsule::$tables['tbladdonmodules'] = [];
        ServerModule::deliverOutbox();
        self::assertSame([[], []], [Capsule::$tables['tbladdonmodules'], $this->activity()]);
    }

    public function testHook_survivesADatabaseThatIsGone(): void
    {
        Capsule::$fault = new \PDOException('MySQL server has gone away.');
        ServerModule::deliverOutbox();
        self::assertSame([], $this->activity());
    }

    private function activity(): array
    {
        return array_column(Capsule::$tables['tblactivitylog'] ?? [], 'description');
    }

    private static function assertLine(string $line): void
    {
        self::assertMatchesRegularExpression('/^kvmbridge: [A-Z].{20,}\.$/', $line);
    }
}
