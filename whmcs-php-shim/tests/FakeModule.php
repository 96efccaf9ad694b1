<?php

declare(strict_types=1);

namespace Kvmbridge\Tests {
    /** A server module of the tests' own: says what it is told to. */
    final class FakeModule
    {
        public static $answer = 'success';
        public static $calls = [];

        public static function call(array $params): string
        {
            self::$calls[] = $params;
            return self::$answer;
        }
    }
}

namespace {
    use Kvmbridge\Tests\FakeModule;

    function fakemodule_CreateAccount(array $params): string
    {
        return FakeModule::call($params);
    }

    function fakemodule_SuspendAccount(array $params): string
    {
        return FakeModule::call($params);
    }

    function fakemodule_ChangePassword(array $params): string
    {
        return FakeModule::call($params);
    }

    function fakemodule_Wave(array $params): string
    {
        return FakeModule::call($params);
    }

    function fakemodule_AdminCustomButtonArray(array $params): array
    {
        return ['*Wave' => 'Wave'];
    }
}
