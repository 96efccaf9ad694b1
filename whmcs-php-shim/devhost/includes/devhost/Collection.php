<?php

declare(strict_types=1);

namespace Devhost;

/** What a query returns: an array that also knows a few of Laravel's words. */
final class Collection implements \IteratorAggregate, \Countable, \ArrayAccess
{
    private $items;

    public function __construct(array $items)
    {
        $this->items = $items;
    }

    public function all(): array
    {
        return $this->items;
    }

    public function toArray(): array
    {
        return $this->items;
    }

    public function first()
    {
        return $this->items ? reset($this->items) : null;
    }

    public function isEmpty(): bool
    {
        return $this->items === [];
    }

    public function getIterator(): \Iterator
    {
        return new \ArrayIterator($this->items);
    }

    public function count(): int
    {
        return count($this->items);
    }

    public function offsetExists($key): bool
    {
        return isset($this->items[$key]);
    }

    #[\ReturnTypeWillChange]
    public function offsetGet($key)
    {
        return $this->items[$key];
    }

    public function offsetSet($key, $value): void
    {
        $this->items[$key] = $value;
    }

    public function offsetUnset($key): void
    {
        unset($this->items[$key]);
    }
}
