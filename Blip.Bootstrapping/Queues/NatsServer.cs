using System.Diagnostics;
using System.Net.Sockets;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Blip.Bootstrapping.Queues;

/// <summary>A connection that survives server restarts: failed requests are repeated within limits.</summary>
internal sealed class NatsServer : IAsyncDisposable
{
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly NatsConnection connection;
    private readonly NatsJSContext streams;
    private readonly TimeSpan patience;

    private NatsServer(NatsConnection connection, string shown, TimeSpan patience)
    {
        this.connection = connection;
        this.patience = patience;
        Shown = shown;
        streams = new NatsJSContext(connection);
    }

    /// <summary>The address for messages, without a password.</summary>
    public string Shown { get; }

    /// <exception cref="ShardQueueException">There is no server, or it rejects this user.</exception>
    public static async Task<NatsServer> ConnectAsync(NatsAddress address, NatsQueueOptions options, CancellationToken cancellationToken)
    {
        var settings = new NatsOpts
        {
            Url = address.Url,
            Name = "blip bootstrap",
            ReconnectWaitMin = TimeSpan.FromMilliseconds(200),
            ReconnectWaitMax = TimeSpan.FromSeconds(2),
        };
        if (options.CredentialsFile is { } file)
        {
            if (!File.Exists(file))
                throw new ShardQueueException($"There is no credentials file '{file}'.");
            settings = settings with { AuthOpts = new NatsAuthOpts { CredsFile = file } };
        }
        var server = new NatsServer(new NatsConnection(settings), address.Shown, options.Patience);
        try
        {
            var first = options.Patience < FirstPatience ? options.Patience : FirstPatience;
            await server.DoAsync("to connect", first, stop => server.OpenAsync(stop), cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task<T> AskAsync<T>(
        string wish, Func<NatsJSContext, CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken) =>
        AskAsync(wish, patience, ask, cancellationToken);

    public Task DoAsync(string wish, Func<CancellationToken, ValueTask> act, CancellationToken cancellationToken) =>
        DoAsync(wish, patience, act, cancellationToken);

    /// <summary>The answer, or null for an unknown stream or consumer.</summary>
    public Task<T?> FindAsync<T>(string wish, Func<NatsJSContext, CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
        where T : class =>
        AskAsync<T?>(wish, async (streams, stop) =>
        {
            try
            {
                return await ask(streams, stop).ConfigureAwait(false);
            }
            catch (NatsJSApiException exception) when (exception.Error.Code == 404)
            {
                return null;
            }
        }, cancellationToken);

    public Task<INatsJSStream?> FindStreamAsync(string stream, CancellationToken cancellationToken) =>
        FindAsync("the stream", (streams, stop) => streams.GetStreamAsync(stream, null, stop), cancellationToken);

    public Task<INatsJSConsumer?> FindConsumerAsync(string stream, string name, CancellationToken cancellationToken) =>
        FindAsync("the consumer", (streams, stop) => streams.GetConsumerAsync(stream, name, stop), cancellationToken);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>Whether an exception means that the server is away and may return.</summary>
    public static bool IsAway(Exception exception) => exception switch
    {
        // 503: JetStream is not up yet, or a cluster elects its leader.
        NatsJSApiException api => api.Error.Code == 503,
        NatsServerException server => !server.IsAuthError,
        NatsException => !IsAuthError(exception),
        OperationCanceledException or TimeoutException or SocketException or IOException => true,
        _ => false,
    };

    private static bool IsAuthError(Exception exception) =>
        exception.InnerException is { } inner && (inner is NatsServerException { IsAuthError: true } || IsAuthError(inner));

    private async ValueTask OpenAsync(CancellationToken stop) =>
        await connection.ConnectAsync().AsTask().WaitAsync(stop).ConfigureAwait(false);

    private Task DoAsync(string wish, TimeSpan limit, Func<CancellationToken, ValueTask> act, CancellationToken cancellationToken) =>
        AskAsync(wish, limit, async (_, stop) =>
        {
            await act(stop).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    private async Task<T> AskAsync<T>(
        string wish, TimeSpan limit, Func<NatsJSContext, CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            stop.CancelAfter(AnswerWait);
            try
            {
                return await ask(streams, stop.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && IsAway(exception))
            {
                var elapsed = Stopwatch.GetElapsedTime(begin);
                if (elapsed >= limit)
                {
                    throw new ShardQueueException($"{Shown} has not answered for {elapsed.TotalSeconds:0} seconds ({wish}): "
                        + $"is nats-server running there, with -js? {exception.Message}", exception);
                }
            }
            catch (NatsException exception)
            {
                throw new ShardQueueException($"{Shown} refuses {wish}: {(exception.InnerException ?? exception).Message}", exception);
            }
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }
}
