using Blip.Runtime.Generation;

namespace Blip.Tests.Generation;

/// <summary>How many tokens are written ahead follows from the times, and none are where that is slower.</summary>
public class LookaheadTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void Nothing_is_written_ahead_before_a_step_was_timed()
    {
        var lookahead = new Lookahead();
        Assert.Equal((0, true), (lookahead.Tokens, lookahead.TimesSteps));
        foreach (var time in new[] { 10 * Step, Step })
        {
            lookahead.Stepped(time);
            Assert.Equal((0, true), (lookahead.Tokens, lookahead.TimesSteps));
        }
        lookahead.Stepped(Step);
        Assert.True(lookahead.Tokens > 0);
    }

    [Fact]
    public void Times_that_something_was_in_the_way_of_do_not_count()
    {
        var lookahead = Timed(0.4, 0.03, 1);
        for (var i = 0; i < 4; i++)
        {
            lookahead.Drafted(5, 50 * Step);
            lookahead.Verified(6, 30 * Step);
            Assert.Equal(Lookahead.Most, lookahead.Tokens);
        }
    }

    // Of a draft at r of a step that is right p of the time, and runs at 1 + c per token more: (1 + p + … + pⁿ) / (n·r + 1 + n·c) is
    // largest at n.
    [Theory]
    [InlineData(0.40, 0.03, 1.0, Lookahead.Most)]
    [InlineData(0.40, 0.05, 0.0, 0)]
    [InlineData(1.30, 0.05, 1.0, 0)]
    [InlineData(0.40, 0.70, 1.0, 0)]
    public void The_number_is_the_best_one_for_the_times(double draft, double token, double right, int expected)
    {
        var lookahead = Timed(draft, token, right);
        Assert.Equal(expected, lookahead.Tokens);
    }

    [Fact]
    public void A_draft_that_is_right_half_the_time_writes_less_ahead()
    {
        var sure = Timed(0.2, 0.03, 1).Tokens;
        var unsure = Timed(0.2, 0.03, 0.5).Tokens;
        Assert.InRange(unsure, 1, sure - 1);
    }

    [Fact]
    public void A_draft_that_does_not_pay_is_tried_again_now_and_then()
    {
        var lookahead = Timed(1.3, 0.05, 1);
        var tried = 0;
        for (var step = 0; step < 650; step++)
        {
            if (lookahead.Tokens == 0)
            {
                lookahead.Stepped(Step);
                continue;
            }
            tried++;
            lookahead.Drafted(2, 2.6 * Step);
            lookahead.Verified(3, 1.1 * Step);
            lookahead.Checked(true);
        }
        Assert.InRange(tried, 9, 10);
    }

    [Fact]
    public void A_machine_that_changes_is_followed()
    {
        var lookahead = Timed(1.3, 0.05, 1);
        for (var step = 0; step < 20 * 65 && lookahead.Tokens < 3; step++)
        {
            if (lookahead.Tokens == 0)
            {
                lookahead.Stepped(Step);
                continue;
            }
            lookahead.Drafted(2, 0.6 * Step);
            lookahead.Verified(3, 1.1 * Step);
        }
        Assert.True(lookahead.Tokens >= 3);
    }

    private static Lookahead Timed(double draft, double token, double right)
    {
        var lookahead = new Lookahead();
        for (var i = 0; i < 9; i++)
        {
            lookahead.Stepped(Step);
            lookahead.Drafted(4, 4 * draft * Step);
            for (var tokens = 2; tokens <= Lookahead.Most + 1; tokens++)
                lookahead.Verified(tokens, (1 + ((tokens - 1) * token)) * Step);
        }
        var hits = 0.0;
        for (var i = 0; i < 400; i++)
        {
            hits += right;
            lookahead.Checked(hits >= 1);
            hits -= hits >= 1 ? 1 : 0;
        }
        return lookahead;
    }
}
