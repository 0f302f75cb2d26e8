using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

public class ByteGateTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_fits_enters_and_what_does_not_waits_in_order()
    {
        var gate = new ByteGate(10);
        Assert.True(gate.TryEnter(6));
        Assert.False(gate.TryEnter(5));
        var (first, second) = (gate.EnterAsync(5, Token), gate.EnterAsync(1, Token));
        Assert.False(first.IsCompleted || second.IsCompleted);
        Assert.False(gate.TryEnter(1));
        gate.Leave(6);
        await Task.WhenAll(first, second).WaitAsync(Token);
        Assert.True(gate.TryEnter(4));
        Assert.False(gate.TryEnter(1));
        Assert.True(gate.TryEnter(0));
    }

    [Fact]
    public async Task What_is_larger_than_the_limit_enters_alone()
    {
        var gate = new ByteGate(10);
        Assert.True(gate.TryEnter(100));
        var next = gate.EnterAsync(200, Token);
        Assert.False(next.IsCompleted);
        gate.Leave(100);
        await next.WaitAsync(Token);
        Assert.False(gate.TryEnter(1));
    }

    [Fact]
    public async Task Who_stops_waiting_makes_way_for_the_next()
    {
        var gate = new ByteGate(10);
        Assert.True(gate.TryEnter(8));
        using var stop = new CancellationTokenSource();
        var (large, small) = (gate.EnterAsync(9, stop.Token), gate.EnterAsync(2, Token));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small.WaitAsync(Token);
        gate.Leave(10);
        Assert.True(gate.TryEnter(10));
    }
}
