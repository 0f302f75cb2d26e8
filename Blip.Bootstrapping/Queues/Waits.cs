namespace Blip.Bootstrapping.Queues;

/// <summary>Waiting times on any clock.</summary>
internal static class Waits
{
    public static long Later(TimeProvider time, TimeSpan delay) =>
        time.GetTimestamp() + (long)Math.Min(delay.TotalSeconds * time.TimestampFrequency, long.MaxValue / 4d);

    /// <summary>Limits a delay: below a timer's unit it would spin; above a day it is checked daily.</summary>
    public static TimeSpan AtLeastOneMillisecond(TimeSpan wait) =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, TimeSpan.FromDays(1).TotalMilliseconds));
}
