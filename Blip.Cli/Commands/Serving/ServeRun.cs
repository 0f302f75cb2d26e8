using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Blip.Cli.Options;
using Blip.Runtime.Files;
using Blip.Runtime.Pipelines;
using Blip.Server;
using Blip.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Blip.Cli.Commands;

internal sealed class ServeRun(Terminal terminal, ServedModelsBinding models, ServerBinding server)
{
    private static readonly TimeSpan TellTime = TimeSpan.FromSeconds(1);

    /// <summary>Serves until told to stop; then running requests finish and no new ones begin.</summary>
    public async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var setup = Setup(parsed);
        var keys = server.Keys(parsed);
        var notes = new List<string>();
        if (!IPAddress.IsLoopback(setup.Address) && keys.Length == 0)
            notes.Add($"everybody who reaches {setup.Address} may ask: give --api-key-file, or --host localhost");
        var served = await ModelsAsync(parsed, notes.Add, cancellationToken);
        var index = models.Index(parsed, served);
        // Its log's last messages are waited for, too.
        using var working = terminal.Working();
        await using var app = Build(setup, options =>
        {
            Configure(options, parsed, served);
            (options.ApiKeys, options.Index) = (keys, index);
        });
        var json = server.LogsJson(parsed);
        foreach (var note in notes)
            await TellAsync(app, json, note);
        await StartAsync(app, setup, cancellationToken);
        await TellAsync(app, json, $"serving on {BlipHost.AddressOf(app)} (Ctrl-C ends it)");
        var loaded = app.Services.GetRequiredService<ModelSet>().Loaded;
        await EndAsync(loaded, cancellationToken);
        if (!cancellationToken.IsCancellationRequested)
        {
            await BlipHost.StopAsync(app);
            return Startup.Step<int>(() => throw loaded.Exception!.InnerExceptions[0]);
        }
        await TellAsync(app, json, "finishing what runs (once more ends it at once)");
        await BlipHost.StopAsync(app);
        return ExitCodes.Success;
    }

    // A JSON log may contain no progress bar and no question.
    private async Task<IReadOnlyDictionary<string,
        string>> ModelsAsync(ParseResult parsed, Action<string> note, CancellationToken cancellationToken)
    {
        var verbosity = terminal.Verbosity;
        terminal.Verbosity = server.LogsJson(parsed) ? Verbosity.Quiet : verbosity;
        try
        {
            return await models.ReadAsync(parsed, terminal, note, cancellationToken);
        }
        finally
        {
            terminal.Verbosity = verbosity;
        }
    }

    private BlipHostSetup Setup(ParseResult parsed)
    {
        var defaults = new BlipHostSetup();
        return defaults with
        {
            Address = server.Address(parsed),
            Port = server.Port(parsed),
            HostNames = server.HostNames(parsed),
            CorsOrigins = server.CorsOrigins(parsed),
            ShutdownTimeout = server.ShutdownTimeout(parsed) ?? defaults.ShutdownTimeout,
            Logging = logging => Log(logging, server.LogsJson(parsed)),
        };
    }

    private void Configure(BlipServerOptions options, ParseResult parsed, IReadOnlyDictionary<string, string> served)
    {
        options.CaptionModel = served.GetValueOrDefault("caption");
        options.AskModel = served.GetValueOrDefault("ask");
        options.MatchModel = served.GetValueOrDefault("match");
        options.Captioner = Checked(models.Captioner(parsed));
        options.Answerer = Checked(models.Options<QuestionAnswererOptions>(parsed));
        options.Matcher = Checked(models.Options<MatcherOptions>(parsed));
        options.MaxBodyBytes = server.MaxBodyBytes(parsed) ?? options.MaxBodyBytes;
        options.MaxImages = server.MaxImages(parsed) ?? options.MaxImages;
        options.MaxConcurrentRequests = server.MaxRequests(parsed) ?? options.MaxConcurrentRequests;
        options.RequestsPerMinute = server.RateLimit(parsed);
        options.AllowUrls = server.AllowUrls(parsed);
        options.RequestTimeout = server.Timeout(parsed) ?? options.RequestTimeout;
    }

    // Errors get the command line's names.
    private static TOptions Checked<TOptions>(TOptions options)
        where TOptions : PipelineOptions => Startup.Step(() =>
        {
            options.Validate();
            return options;
        });

    private static async Task StartAsync(WebApplication app, BlipHostSetup setup, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new UsageException($"--host and --port are {setup.Address} and {setup.Port}, where nothing can listen: {Refusal(e)}.", e);
        }
    }

    private static string Refusal(Exception e) => e.GetBaseException() is SocketException socket
        ? socket.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "another program does; give another port, or 0 for a free one",
            SocketError.AccessDenied => "permission is denied; give a port above 1023",
            SocketError.AddressNotAvailable => "this machine has no such address",
            _ => FailureReason.Of(socket),
        }
        : FailureReason.Of(e);

    private static WebApplication Build(BlipHostSetup setup, Action<BlipServerOptions> configure)
    {
        try
        {
            return BlipHost.Build(setup, configure);
        }
        catch (Microsoft.Extensions.Options.OptionsValidationException e)
        {
            throw new UsageException(string.Join(' ', e.Failures), e);
        }
    }

    // A JSON log holds only JSON lines. A blocked standard error must not block the server.
    private async Task TellAsync(WebApplication app, bool json, string note)
    {
        var telling = Task.Run(() =>
        {
            if (json)
                app.Logger.LogWarning("{Note}", note);
            else
                terminal.Note(note);
        });
        await Task.WhenAny(telling, Task.Delay(TellTime));
    }

    // Ends when a model fails to load or on cancellation.
    private static async Task EndAsync(Task loaded, CancellationToken cancellationToken)
    {
        try
        {
            await loaded.WaitAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested || loaded.IsFaulted)
        {
            // The caller tells the two apart.
        }
    }

    private void Log(ILoggingBuilder logging, bool json)
    {
        var level = terminal.Verbosity switch
        {
            Verbosity.Quiet => LogLevel.Error,
            Verbosity.Normal => LogLevel.Warning,
            Verbosity.Verbose => LogLevel.Information,
            var other => throw new ArgumentOutOfRangeException(nameof(logging), other, "There is no such verbosity."),
        };
        logging.SetMinimumLevel(level);
        if (level == LogLevel.Warning)
            logging.AddFilter("Blip", LogLevel.Information);
        // The command reports startup errors itself.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // Standard output is for results, and a server has none.
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            // Drops lines while the log is blocked: requests must not wait for it.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        if (json)
        {
            logging.AddJsonConsole(console =>
            {
                console.TimestampFormat = "O";
                console.UseUtcTimestamp = true;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
            });
        }
    }
}
