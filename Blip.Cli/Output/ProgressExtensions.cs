namespace Blip.Cli.Output;

/// <summary>A bar that moves while a result is waited for.</summary>
internal static class ProgressExtensions
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>The same results; the bar is drawn anew while the next one is waited for, on the thread that takes the results.</summary>
    /// <param name="results">The results.</param>
    /// <param name="progress">The bar.</param>
    public static async IAsyncEnumerable<T> MovingAsync<T>(this IAsyncEnumerable<T> results, ProgressLine progress)
    {
        await using var each = results.GetAsyncEnumerator();
        while (await NextAsync(each, progress))
            yield return each.Current;
    }

    private static async Task<bool> NextAsync<T>(IAsyncEnumerator<T> each, ProgressLine progress)
    {
        var next = each.MoveNextAsync().AsTask();
        while (!next.IsCompleted && progress.IsShown)
        {
            if (await Task.WhenAny(next, Task.Delay(Tick)) != next)
                progress.Move();
        }
        return await next;
    }
}
