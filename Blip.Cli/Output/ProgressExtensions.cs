namespace Blip.Cli.Output;

internal static class ProgressExtensions
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>The same results. While waiting, the bar is redrawn on the thread that takes them.</summary>
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
