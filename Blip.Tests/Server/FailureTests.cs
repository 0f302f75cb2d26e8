using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Blip.Tests.Server;

/// <summary>Each exception's error for a client: a status, a sentence without the server's own names, and a word for programs.</summary>
public sealed class FailureTests
{
    public static TheoryData<Exception, bool, bool, int, string?> Known => new()
    {
        { new DeviceException("the kernel at 0x7f00 was lost"), false, false, 500, "device_failed" },
        { new InvalidOperationException("a secret path"), false, false, 500, "internal_error" },
        { new OperationCanceledException(), true, false, 504, "timeout" },
        { new OperationCanceledException(), false, true, 503, "shutting_down" },
        { new ObjectDisposedException("Captioner"), false, true, 503, "shutting_down" },
        { new ObjectDisposedException("Captioner"), false, false, 500, "device_failed" },
        { new PipelineBusyException("1024 calls wait"), false, false, 429, "busy" },
        { new ImageException("a.png: it is cut off"), false, false, 400, "invalid_image" },
        { new BadHttpRequestException("too large", 413), false, false, 413, "body_too_large" },
        { new BadHttpRequestException("See MinRequestBodyDataRate (a secret).", 408), false, false, 408, "body_too_slow" },
        { new BadHttpRequestException("Bad chunk size data, a secret.", 400), false, false, 400, "invalid_body" },
        { new ArgumentException("NumBeams is 0: give 1 to 64.", "NumBeams"), false, false, 400, null },
    };

    [Theory, MemberData(nameof(Known))]
    public void Exceptions_are_answers(Exception e, bool timedOut, bool stopping, int status, string? code)
    {
        var failure = Failure.Of(e, timedOut, stopping);

        Assert.Equal((status, code), (failure.Status, failure.Code));
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0x7f00", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", failure.Message, StringComparison.Ordinal);
        Assert.Equal(status is 429 or 503, failure.RetryAfter is not null);
    }

    [Fact]
    public void An_option_has_the_name_that_requests_have()
    {
        var failure = Failure.Of(
            new ArgumentException("MaxNewTokens is 900: the model has 512 positions.", "MaxNewTokens"), timedOut: false, stopping: false);

        Assert.Equal(("max_new_tokens is 900: the model has 512 positions.", "max_new_tokens"), (failure.Message, failure.Field));
    }
}
